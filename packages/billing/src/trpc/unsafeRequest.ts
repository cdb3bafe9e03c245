/** Reads a request header. Returns null if the request doesn't have it. */
export type ReadHeader = (name: string) => string | null

/** A reason to deny metered work that a browser requested with GET. */
export type UnsafeReason = 'crossSite' | 'prefetch'

/**
 * Returns why a GET request must not spend units, or null if it can. Browsers send GET requests that the user didn't
 * ask for: another site can cause one with an image or a link, and a prefetch might never be shown. The app's own
 * pages are safe on any site: their origin is `publicUrl`'s.
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
