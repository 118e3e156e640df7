import { expect, it } from 'vitest';
import { renderJsonSchema } from '../../../scripts/docs/manifest-fields.ts';

it('the schema asks for a target but where the action stands on the objects of a manifest', () => {
  const [, object, v1] = JSON.parse(renderJsonSchema()).anyOf;
  const { action } = object.properties.spec.properties;
  expect(action.else).toEqual({ required: ['target'] });
  expect(action.if.properties.type.enum).toEqual(
    expect.arrayContaining(['apply-manifest', 'apply_manifest', 'ApplyClusterManifest', 'deleteManifest']),
  );
  expect(action.if.properties.type.enum).not.toContain('scale-deployment');
  const { actionDefinition } = v1.properties.spec.properties;
  expect(actionDefinition.else).toEqual({ required: ['targetResource'] });
  expect(actionDefinition.if.properties.actionType).toEqual(action.if.properties.type);
});
