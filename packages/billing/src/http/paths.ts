export const healthPath = '/healthz'
export const readinessPath = '/readyz'
export const webhookPath = '/api/webhooks/flowglad'
export const flowgladPrefix = '/api/flowglad/'

/** Returns whether `handle` serves this path. Adapters call this function before they read the body. */
export const isBillingPath = (pathname: string) =>
  pathname === healthPath ||
  pathname === readinessPath ||
  pathname === webhookPath ||
  pathname.startsWith(flowgladPrefix)
