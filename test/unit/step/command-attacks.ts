/** Lines that would be a command of GitHub's runner, or a part of one, if they got to it as they are. */

const BARE = [
  '::set-output name=result::succeeded',
  '::SET-OUTPUT name=result::succeeded',
  '::save-state name=finished::true',
  '::set-env name=PATH::/evil',
  '::add-path::/evil',
  '::add-mask::app',
  '::add-mask::',
  '::stop-commands::theirs',
  '::stop-commands::',
  '::add-matcher::/tmp/matcher.json',
  '::remove-matcher owner=tsc::',
  '::error::boom',
  '::error file=a.ts,line=1,title=b::boom',
  '::warning title=%0A%3A%3Aerror%3A%3A::boom',
  '::notice::boom',
  '::debug::boom',
  '::group::boom',
  '::endgroup::',
  '::echo::on',
  '##[set-output name=result]succeeded',
  '##[save-state name=finished]true',
  '##[set-env name=PATH]/evil',
  '##[add-mask]app',
  '##[stop-commands]theirs',
  '##[error]boom',
  '##[ERROR]boom',
  '##[group]boom',
  '###[error]boom',
  '[command]/bin/sh',
] as const;

/** White space as .NET trims it, what its comparisons skip, what ends a line for some, what a terminal acts on. */
const BEFORE = [
  '',
  ' ',
  '\t',
  '\u00a0',
  '\u2003',
  '\u3000',
  '\u0085',
  '\u2028',
  '\u2029',
  '\v',
  '\f',
  '\r',
  'progress 50 %\r',
  'done\r\n',
  'done\n\r',
  '\0',
  '\b\b',
  '\u001b[2K\r',
  '\u001b[31m',
  '\u001b[1;31m\u001b[0m',
  '\u001b]0;title\u0007',
  '\u009b2J',
  '\u200b',
  '\u200d',
  '\u200e',
  '\u202e',
  '\u2066',
  '\u00ad',
  '\u180e',
  '\u034f',
  '\ufe0f',
  '\ufeff',
  '\ufff9',
  '\udb40\udc01',
  '\ud800',
  'late ',
  '│ ',
  '\\n',
  '%0A',
  '%0D%0A',
] as const;

/** Broken up, so that what is taken out of it, or cut, would join it. */
const SPLIT = [
  ':\u200d:error::boom',
  ':\u200b:error::boom',
  ':\0:error::boom',
  '#\u200d#[error]boom',
  '##\u200d[error]boom',
  '#\u200b#[error]boom',
  '##\u00ad[error]boom',
  '##\u001b[31m[error]boom',
  '#\u001b[0m#[error]boom',
  ':\u001b[0m:error::boom',
  '::\u001b[31merror::boom',
  '#\r#[error]boom',
  '##\\[error]boom',
  '\\::error::boom',
];

/** What the files of GITHUB_OUTPUT and GITHUB_ENV are made of. */
const FILE_ENTRIES = [
  'result=succeeded',
  'result<<EOF',
  'PATH<<ghadelimiter_',
  'ghadelimiter_0',
  'EOF',
  'NODE_OPTIONS=--require /evil.js',
];

/** Across the places where the view continues a line on the next, or cuts it. */
const LONG = [3590, 3599, 3998, 3999, 4000, 39_990, 39_998, 40_000].flatMap((length) =>
  ['::error::boom', '##[error]boom'].flatMap((command) => [
    'x'.repeat(length) + command,
    ' '.repeat(length) + command,
  ]),
);

export const ATTACKS: readonly string[] = [
  ...BEFORE.flatMap((before) => BARE.map((command) => before + command)),
  ...SPLIT,
  ...FILE_ENTRIES,
  ...LONG,
];
