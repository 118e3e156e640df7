import { cleanUp } from './step/clean-up.ts';

await cleanUp();
