/**
 * Segments of letters, digits, `_` and `-`, then a query or a fragment. The app's own paths need no other
 * characters, and without them a path can't become another site's address: `//evil.example`, `/\evil.example`,
 * `/%2Fevil.example` and `/./` don't match.
 */
const ownPath = /^\/(?:[\w-]+(?:\/[\w-]+)*\/?)?(?:[?#][^\s\\\p{Cc}]*)?$/u

/** These screens redirect a signed-in user to `next`. */
const accountScreen = /^\/sign-(?:in|up)\/?(?:[?#]|$)/i

/**
 * Returns `next` if it is a path in this app that a user may open after signing in, otherwise undefined.
 * `next` comes from the address bar, so another site can choose it.
 */
export function pathInApp(next: unknown): string | undefined {
  if (typeof next !== 'string' || !ownPath.test(next) || accountScreen.test(next)) return undefined
  return next
}
