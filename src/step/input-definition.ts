/** What `action.yml` and the README say of an input. */
export interface InputDefinition {
  readonly name: string;
  /** Markdown, one line. */
  readonly description: string;
  /** As in `action.yml`; absent: not given. */
  readonly default?: string;
  readonly group: 'what' | 'how' | 'who';
  /** Its value never appears in a message. */
  readonly secret?: true;
}
