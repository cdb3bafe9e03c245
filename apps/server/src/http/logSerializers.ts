import { redactText } from '@metered/billing'

interface LoggedRequest {
  method: string
  routeOptions?: { url?: string | undefined }
}

/** The route's pattern. Unlike the URL, it contains no customer data. */
export const routeOf = ({ routeOptions }: Pick<LoggedRequest, 'routeOptions'>) => routeOptions?.url ?? null

/**
 * The parts of requests, responses and errors that the log may contain. A URL, a header or an error's
 * properties could contain customer data or keys.
 */
export const logSerializers = {
  req: (request: LoggedRequest) => ({ method: request.method, route: routeOf(request) }),
  res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
  err: describeError,
  /** A text that describes an error, without the error itself. */
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
  // A stack begins with the message. Its frames stay as they are, because their paths can look like email addresses.
  const frames = stack.search(/\n {4}at /)
  return {
    type: name,
    message,
    stack: `${name}: ${message}${frames < 0 ? '' : stack.slice(frames)}`,
    ...('code' in error ? { code: String(error.code) } : {}),
    ...(cause instanceof Error ? { cause: describeError(cause) } : {}),
  }
}
