/** Returns the value of a request header, or null if the request doesn't have the header. */
export type ReadHeader = (name: string) => string | null

/** A reason to deny metered work that a browser requested with GET. */
export type UnsafeReason = 'crossSite' | 'prefetch'

/**
 * Returns the reason why a GET request must not spend units, or null if it may. Browsers can send GET
 * requests that the user didn't ask for: another site can cause one with an image or a link, and a prefetched
 * page might never be shown. Requests from the app's own pages on another site are safe. The origin of these
 * pages matches `publicUrl`.
 */
export function unsafeReason(
  { method, header }: { method: string | undefined; header: ReadHeader },
  publicUrl: string | undefined,
): UnsafeReason | null {
  if (method !== undefined && method !== 'GET' && method !== 'HEAD') return null
  const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].map(header)
  const isPrefetch = purposes.some((purpose) => purpose && /prefetch|prerender|preview/i.test(purpose))
  if (isPrefetch || header('next-router-prefetch') !== null) return 'prefetch'
  if (header('sec-fetch-site') !== 'cross-site') return null
  const origin = header('origin')
  return origin !== null &&
    publicUrl !== undefined &&
    URL.canParse(publicUrl) &&
    new URL(publicUrl).origin === origin
    ? null
    : 'crossSite'
}
