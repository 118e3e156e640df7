/** Paths from the repository's root to the text that belongs there; `null` where no file may be. */
export type GeneratedFiles = ReadonlyMap<string, string | null>;
export type Generator = () => Promise<GeneratedFiles>;
