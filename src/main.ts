import { runStep } from './step/run-step.ts';

await runStep(new URL('./executor.mjs', import.meta.url));
