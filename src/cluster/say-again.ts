const SAY_AGAIN_MS = 15_000;

/** Says what is waited for when that has changed, and again after 15 s, so that a long wait is not silent. */
export function openSayAgain(say: (text: string) => void): (text: string) => void {
  let last = { text: '', at: 0 };
  return (text) => {
    const now = performance.now();
    if (text === last.text && now - last.at < SAY_AGAIN_MS) return;
    say(text);
    last = { text, at: now };
  };
}
