import { readsOnly } from '../catalog/action.ts';
import type { RunRequest } from '../spec/request.ts';

/** What is allowed, and likely not meant. `folder` is where files are that no artifact takes. */
export function warningsOn(
  {
    mode,
    executions,
    options,
  }: Pick<RunRequest, 'mode' | 'executions'> & {
    readonly options: Pick<RunRequest['options'], 'uploadArtifact'>;
  },
  folder: string,
): readonly string[] {
  const collecting = executions.find(({ action }) => readsOnly(action));
  const isKept = options.uploadArtifact !== 'never' || (mode !== 'run' && mode !== 'apply');
  return collecting === undefined || isKept
    ? []
    : [
        `input upload-artifact: never leaves what ${collecting.action.name} collects on the runner alone, in ${folder}; leave it out, or read the files in a later step of this job`,
      ];
}
