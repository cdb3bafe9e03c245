/** Flowglad's error codes and their HTTP statuses. */
const statusOf = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_SUPPORTED: 405,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL_SERVER_ERROR: 500,
  NOT_IMPLEMENTED: 501,
} as const

type Code = keyof typeof statusOf

/** An error response in Flowglad's shape: `{ error, code, request_id }`. */
export class Problem extends Error {
  readonly status: number
  constructor(
    readonly code: Code,
    readonly body: string | readonly unknown[],
    /** False if the platform's response has no code. */
    readonly hasCode = true,
  ) {
    super(typeof body === 'string' ? body : JSON.stringify(body))
    this.status = statusOf[code]
  }
}

export const badRequest = (issues: readonly unknown[]) => new Problem('BAD_REQUEST', issues)
/** Returns the error, without a code, for a request that the platform rejects before it reads the input. */
export const malformed = (message: string) => new Problem('BAD_REQUEST', message, false)
export const notFound = (message: string) => new Problem('NOT_FOUND', message)
export const conflict = (message: string) => new Problem('CONFLICT', message)
export const notImplemented = (message: string) => new Problem('NOT_IMPLEMENTED', message)
/**
 * Returns the platform's error for a missing or unsupported content type. As on the platform, the message
 * lacks the closing quotation mark.
 */
export const unsupportedType = (type: string | undefined) =>
  new Problem(
    'UNSUPPORTED_MEDIA_TYPE',
    type === undefined ? 'Missing content-type header' : `Unsupported content-type "${type}`,
  )

/**
 * Returns the error for a request that violates a business rule. As on the platform, the status is 500
 * instead of 4xx, so Flowglad's SDK retries the request. Applications must handle these retries.
 */
export const rejected = (message: string) => new Problem('INTERNAL_SERVER_ERROR', message)

/**
 * Returns the same error as `rejected`, with the prefix that Flowglad adds if a function returned the error
 * instead of throwing it.
 */
export const rejectedResult = (
  kind: 'NotFoundError' | 'ValidationError' | 'ConflictError' | 'SubscriptionTerminalStateError' | 'Error',
  message: string,
) => rejected(`Unwrap called on Err: ${kind}: ${message}`)

/** Returns the same error as `rejectedResult`, with a second prefix for a panic. */
export const rejectedPanic = (kind: 'NotFoundError' | 'ValidationError', message: string) =>
  rejected(`Unwrap called on Err: Panic: Unwrap called on Err: ${kind}: ${message}`)

/** Returns a problem's message without the platform's prefixes, for display. */
export const plainMessage = ({ message }: Problem): string =>
  message.replace(/^(Unwrap called on Err: (Panic: )?)*(\w+Error: )?(Invalid \w+: |\w+ conflict: )?/, '')

/** Returns the platform's generic error for failures without a specific message. */
export const unexpected = () => rejected('An unexpected error occurred. Please try again.')
