/** A server with Flowglad's API. */
export interface Target {
  /** The URL without a trailing slash. */
  url: string
  key: string
}

interface Request {
  method: string
  path: string
  /** A JSON body, or text that is sent unchanged. Null or undefined sends no body. */
  body?: unknown
  /** Null sends no header. Default: the target's key. */
  authorization?: string | null
  /** Null sends no header. Default: JSON. GET requests never have this header. */
  contentType?: string | null | undefined
}

/** The error for a server that doesn't respond. */
export class UnreachableError extends Error {}

/**
 * Sends a request.
 * @throws UnreachableError
 */
export async function fetchFrom(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url + path, init)
  } catch (error) {
    // The message of an error from `fetch` is only "fetch failed".
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new UnreachableError(
      `Cannot reach ${url}: ${reason instanceof Error ? reason.message : reason}. Check the URL and whether the server is running.`,
    )
  }
}

/**
 * Sends a request and reads the response. The response can be JSON or text.
 * @throws UnreachableError
 */
export async function sendRequest(
  { url, key }: Target,
  { method, path, body, authorization = key, contentType = 'application/json' }: Request,
): Promise<{ status: number; contentType: string | null; body: unknown }> {
  const hasBody = body !== undefined && body !== null
  const response = await fetchFrom(url, path, {
    method,
    headers: {
      ...(authorization !== null && { authorization }),
      ...(method !== 'GET' && contentType !== null && { 'content-type': contentType }),
    },
    ...(hasBody && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    body: parseJsonOrText(await response.text()),
  }
}

/** Parses JSON. Returns other text unchanged. */
export function parseJsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
