/** A server that speaks Flowglad's API. */
export interface Target {
  /** The URL without a trailing slash. */
  url: string
  key: string
}

interface Request {
  method: string
  path: string
  /** A JSON body, or text that is sent as it is. Null or undefined sends no body. */
  body?: unknown
  /** Null sends no header. Default: the target's key. */
  authorization?: string | null
}

/** Sends a request and reads the answer, which can be JSON or text. */
export async function sendRequest(
  { url, key }: Target,
  { method, path, body, authorization = key }: Request,
): Promise<{ status: number; contentType: string | null; body: unknown }> {
  const hasBody = body !== undefined && body !== null
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(authorization !== null && { authorization }),
      ...(hasBody && { 'content-type': 'application/json' }),
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
