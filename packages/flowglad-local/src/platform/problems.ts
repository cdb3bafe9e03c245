/** Flowglad's error codes and the HTTP statuses they travel with. */
const statusOf = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL_SERVER_ERROR: 500,
  NOT_IMPLEMENTED: 501,
} as const

type Code = keyof typeof statusOf

/** An answer other than 200, in Flowglad's shape: `{ error, code, request_id }`. */
export class Problem extends Error {
  readonly status: number
  constructor(
    readonly code: Code,
    readonly body: string | readonly unknown[],
    /** Some refusals of the platform come without their code. */
    readonly hasCode = true,
  ) {
    super(typeof body === 'string' ? body : JSON.stringify(body))
    this.status = statusOf[code]
  }
}

export const badRequest = (issues: readonly unknown[]) => new Problem('BAD_REQUEST', issues)
/** What the platform refuses before it looks at the call itself: these come without a code. */
export const malformed = (message: string) => new Problem('BAD_REQUEST', message, false)
export const notFound = (message: string) => new Problem('NOT_FOUND', message)
export const conflict = (message: string) => new Problem('CONFLICT', message)
export const notImplemented = (message: string) => new Problem('NOT_IMPLEMENTED', message)

/**
 * A broken rule of the domain. Flowglad answers these with 500, not 4xx, and its SDK therefore retries them:
 * applications have to cope with that, so it is copied.
 */
export const refused = (message: string) => new Problem('INTERNAL_SERVER_ERROR', message)

/** The same, with the wrapping that Flowglad's text has where its domain functions return results instead of throwing. */
export const refusedResult = (kind: 'NotFoundError' | 'ValidationError' | 'ConflictError', message: string) =>
  refused(`Unwrap called on Err: ${kind}: ${message}`)

/** As `refusedResult`, from one level deeper. */
export const refusedPanic = (kind: 'NotFoundError' | 'ValidationError', message: string) =>
  refused(`Unwrap called on Err: Panic: Unwrap called on Err: ${kind}: ${message}`)

/** What a problem says to a person: without what the platform puts before its sentence. */
export const plainly = ({ message }: Problem): string =>
  message.replace(/^(Unwrap called on Err: (Panic: )?)*(\w+Error: )?(Invalid \w+: |\w+ conflict: )?/, '')

/** What the platform answers where it catches an error of its own and has no better text for it. */
export const unexpected = () => refused('An unexpected error occurred. Please try again.')
