import type { TestServer } from './testServer.ts'

/** Sends a request to /api/auth, as the app's sign-up and sign-in forms do. */
export const postAuth = (
  { app }: Pick<TestServer, 'app'>,
  path: string,
  body: object,
  headers: Record<string, string> = {},
) =>
  app.inject({
    method: 'POST',
    url: `/api/auth/${path}`,
    headers: { 'content-type': 'application/json', origin: 'http://localhost:5173', ...headers },
    payload: body,
  })

/** Signs up with an email address and a valid name and password. */
export const postSignUp = (
  server: Pick<TestServer, 'app'>,
  email: string,
  more: object = {},
  headers: Record<string, string> = {},
) => postAuth(server, 'sign-up/email', { name: 'Ada', email, password: 'a long password', ...more }, headers)
