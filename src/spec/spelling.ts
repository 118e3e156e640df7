/** The styles in which the sources write names: `scale-deployment`, `scale_deployment`, `ScaleDeployment`, `scaleDeployment`. */

const SEPARATED = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;
const CAMEL = /^[A-Za-z][A-Za-z0-9]*$/;

/** In kebab-case; `undefined` for text in none of the styles. Digits stay with the word before them. */
export function kebabOf(name: string): string | undefined {
  if (SEPARATED.test(name)) return name.replaceAll('_', '-');
  if (!CAMEL.test(name)) return undefined;
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

/** `grace-period-seconds` → `gracePeriodSeconds`. */
export function camelOf(kebab: string): string {
  return kebab.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether two names differ in style alone. `updateConfigMap` is `update-configmap`: camel case does not say where its words end. */
export function isSameName(name: string, kebab: string): boolean {
  const given = kebabOf(name);
  if (given === undefined) return false;
  return SEPARATED.test(name) ? given === kebab : squash(given) === squash(kebab);
}

function squash(kebab: string): string {
  return kebab.replaceAll('-', '');
}
