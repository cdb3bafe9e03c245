import type { startApp } from '../trpc/startApp.ts'

export type App = Awaited<ReturnType<typeof startApp>>

/** Calls an action under `/api/flowglad/`, as `@flowglad/react` does. */
export async function post(
  app: App,
  path: string,
  body: unknown = {},
  user: string | null = 'ada',
  key: string | null = null,
) {
  const response = await fetch(`${app.origin}/api/flowglad/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(user && { user }),
      ...(key && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  })
  const json: { data?: Record<string, unknown>; error?: { code: string; message: string } } =
    await response.json()
  return { status: response.status, ...json }
}
