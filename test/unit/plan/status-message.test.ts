import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusMessage } from '../../../src/plan/status-message.ts';

const MARK = 'hunter2hunter2';
const JOB = 'Job.batch "migrate" is invalid: ';
const JSON_VALUE = `{"spec":{"containers":[{"name":"m","env":[{"name":"A","value":"}: \\"${MARK}"}]}]}}`;
const GO_VALUE = `core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Labels:map[string]string{"app":"m"}}, Spec:core.PodSpec{Containers:[]core.Container{core.Container{Name:"m", Env:[]core.EnvVar{core.EnvVar{Name:"A", Value:"}: ${MARK}", ValueFrom:(*core.EnvVarSource)(nil)}}}}}}`;
const POD = 'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`';
const GO_DIFF = `  core.PodSpec{
  	Containers: []core.Container{
  		{
- 			Env: []core.EnvVar{{Name: "A", Value: "${MARK}"}},
+ 			Env: []core.EnvVar{{Name: "A", Value: "${MARK}2"}},
  		},
  	},
  	... // 2 identical fields
  }
`;
const YAML_DIFF = `@@ -1,3 +1,3 @@
 env:
-- value: |
-    ${MARK}
+- value: Invalid value: {${MARK}
`;

const said = (message: string): string => statusMessage({ message });

describe('what a server says of a refusal', () => {
  it.each([
    ['an object', JSON_VALUE],
    ['a list', `[${JSON_VALUE},${JSON_VALUE}]`],
    ['an object as a text', JSON.stringify(JSON_VALUE)],
    ["an object in Go's writing", GO_VALUE],
    ['a pointer to one', `&${GO_VALUE}`],
    ['a list of them', `[]core.PodTemplateSpec{${GO_VALUE}, ${GO_VALUE}}`],
    ['a map', `map[string]string{"A":"${MARK}"}`],
  ])('holds kind, name, field and reason, but not %s that it quotes', (_what, value) => {
    const message = `${JOB}spec.template: Invalid value: ${value}: field is immutable`;
    expect(said(message)).toBe(`${JOB}spec.template: Invalid value: (object): field is immutable`);
    expect(said(`${JOB}spec.list[1]: Duplicate value: ${value}`)).toBe(
      `${JOB}spec.list[1]: Duplicate value: (object)`,
    );
  });

  it('holds every cause', () => {
    const causes = [
      `spec.template: Invalid value: ${GO_VALUE}: field is immutable`,
      `spec.selector: Unsupported value: ${JSON_VALUE}`,
      'spec.replicas: Invalid value: -1: must be 0 or more',
      `spec.x: Invalid value: ${JSON_VALUE}: is {wrong}: all of it`,
      'spec.y: Required value',
    ];
    expect(said(`${JOB}[${causes.join(', ')}]`)).toBe(
      `${JOB}[spec.template: Invalid value: (object): field is immutable, spec.selector: Unsupported value: (object), spec.replicas: Invalid value: -1: must be 0 or more, spec.x: Invalid value: (object): is {wrong}: all of it, spec.y: Required value]`,
    );
  });

  it.each([
    ["in Go's writing", GO_DIFF],
    ['in YAML', YAML_DIFF],
  ])('holds no line of a difference that follows (%s)', (_how, diff) => {
    expect(said(`Pod "p" is invalid: ${POD}\n${diff}`)).toBe(`Pod "p" is invalid: ${POD}`);
    expect(said(`Pod "p" is invalid: [${POD}\n${diff}, spec.y: Required value]`)).toBe(
      `Pod "p" is invalid: [${POD}, spec.y: Required value]`,
    );
  });

  it('holds nothing of an object that is cut anywhere', () => {
    const values = [JSON_VALUE, JSON.stringify(JSON_VALUE), GO_VALUE].map((value) =>
      value.replaceAll(MARK, '~'.repeat(20)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...values), fc.nat(400), (value, length) => {
        expect(said(`${JOB}spec.template: Invalid value: ${value.slice(0, length)}`)).not.toContain('~');
      }),
    );
  });

  it.each([
    'Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be 0 or more',
    'Service "web" is invalid: spec.type: Unsupported value: "x": supported values: "ClusterIP", "NodePort"',
    'Ingress "web" is invalid: spec.rules[0].host: Invalid value: "[a]": must be a DNS name',
    'Crontab "c" is invalid: spec: Invalid value: "object": replicas {x} must be few',
    'admission webhook "policy" denied the request:\n\n- no {latest} tags\n- limits: required',
    'pods "web-1" is forbidden: exceeded quota: few',
  ])('is otherwise as it is: %s', (message) => {
    expect(said(message)).toBe(message);
  });

  it('may be mere text, or nothing', () => {
    expect(statusMessage(`upstream failed ${'x'.repeat(5000)}`)).toMatch(/^upstream failed x{900,1000}$/);
    expect([undefined, null, {}, [], { message: { a: 1 } }].map(statusMessage)).toEqual(['', '', '', '', '']);
  });
});
