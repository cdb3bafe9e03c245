/**
 * Matches segments of letters, digits, `_` and `-`, optionally followed by a query or a fragment. The segments of
 * the app's own paths contain no other characters. Paths that a browser could resolve to another site, such as
 * `//evil.example`, `/\evil.example`, `/%2Fevil.example` and `/./`, don't match.
 */
const ownPath = /^\/(?:[\w-]+(?:\/[\w-]+)*\/?)?(?:[?#][^\s\\\p{Cc}]*)?$/u

/** Matches the screens that redirect a signed-in user to `next`. */
const accountScreen = /^\/sign-(?:in|up)\/?(?:[?#]|$)/i

/**
 * Returns `next` if a user may open it after signing in: it must be a path in this app and not an account
 * screen. Otherwise, returns undefined. `next` comes from the address bar, so another site can choose its value.
 */
export function pathInApp(next: unknown): string | undefined {
  if (typeof next !== 'string' || !ownPath.test(next) || accountScreen.test(next)) return undefined
  return next
}
