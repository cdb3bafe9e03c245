import { redactText } from '@metered/billing'

interface LoggedRequest {
  method: string
  routeOptions?: { url?: string | undefined }
}

/** Returns the route's pattern. Unlike the URL, the pattern contains no customer data. */
export const routeOf = ({ routeOptions }: Pick<LoggedRequest, 'routeOptions'>) => routeOptions?.url ?? null

/**
 * Selects the parts of requests, responses and errors that may be logged. URLs, headers and an error's other
 * properties could contain customer data or keys.
 */
export const logSerializers = {
  req: (request: LoggedRequest) => ({ method: request.method, route: routeOf(request) }),
  res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
  err: describeError,
  /** Redacts an error's message that is logged without the error. */
  reason: (reason: unknown) => (typeof reason === 'string' ? redactText(reason) : undefined),
}

type DescribedError = {
  type: string
  message: string
  stack: string
  code?: string
  cause?: DescribedError
}

function describeError(error: Error): DescribedError {
  const { name, stack = '', cause } = error
  const message = redactText(error.message)
  // A stack starts with the message, which can contain customer data. The stack frames aren't redacted,
  // because paths can look like email addresses.
  const frames = stack.search(/\n {4}at /)
  return {
    type: name,
    message,
    stack: `${name}: ${message}${frames < 0 ? '' : stack.slice(frames)}`,
    ...('code' in error ? { code: String(error.code) } : {}),
    ...(cause instanceof Error ? { cause: describeError(cause) } : {}),
  }
}
