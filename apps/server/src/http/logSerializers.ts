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
}

type DescribedError = {
  type: string
  message: string
  stack: string
  code?: string
  cause?: DescribedError
}

function describeError(error: Error): DescribedError {
  const { name, message, stack = '', cause } = error
  return {
    type: name,
    message,
    stack,
    ...('code' in error ? { code: String(error.code) } : {}),
    ...(cause instanceof Error ? { cause: describeError(cause) } : {}),
  }
}
