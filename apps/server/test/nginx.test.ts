import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limits } from '../src/limits/limits.ts'
import { type Nginx, nginxIsMissing, startNginx } from './startNginx.ts'
import { startTestServer, type TestServer } from './testServer.ts'

const host = 'studio.example'

describe.skipIf(nginxIsMissing)(
  `behind nginx with docs/nginx.conf (${nginxIsMissing ?? 'installed'})`,
  () => {
    let server: TestServer
    let nginx: Nginx
    beforeAll(async () => {
      server = await startTestServer({
        env: { RATE_LIMIT: 'on', TRUST_PROXY: '1', PUBLIC_URL: `https://${host}` },
      })
      nginx = await startNginx({ port: new URL(server.url).port, host })
    })
    afterAll(async () => {
      await nginx?.[Symbol.asyncDispose]()
      await server?.[Symbol.asyncDispose]()
    })

    const password = 'a long password'

    async function signUpFrom(from: string) {
      const email = `${randomUUID()}@example.com`
      const answer = await nginx.visit('/api/auth/sign-up/email', {
        method: 'POST',
        body: { name: 'Ada', email, password },
        from,
      })
      expect(answer.status).toBe(200)
      const cookies = [answer.headers['set-cookie'] ?? []].flat()
      for (const cookie of cookies) expect(cookie).toMatch(/^__Secure-.*; Secure/)
      return { email, cookie: cookies.map((cookie) => cookie.replace(/;.*/, '')).join('; ') }
    }

    const lookUp = (cookie: string, from: string) =>
      nginx.visit('/trpc/studio.lookup', { method: 'POST', body: { term: 'x' }, headers: { cookie }, from })

    test('forwards a sign-in and a metered call', async () => {
      const { email } = await signUpFrom('127.0.1.1')
      const signedIn = await nginx.visit('/api/auth/sign-in/email', {
        method: 'POST',
        body: { email, password },
        from: '127.0.1.1',
      })
      expect(signedIn.status).toBe(200)
      const cookie = [signedIn.headers['set-cookie'] ?? []]
        .flat()
        .map((it) => it.replace(/;.*/, ''))
        .join('; ')
      expect((await lookUp(cookie, '127.0.1.1')).status).toBe(200)
    })

    test('forwards each pushed balance immediately', async () => {
      const { cookie } = await signUpFrom('127.0.2.1')
      const balances = /^data: .*"api_calls"/gm
      let charged = false
      const stream = await nginx.visit('/trpc/billing.onBalances?input=%7B%7D', {
        headers: { cookie, accept: 'text/event-stream' },
        from: '127.0.2.1',
        onPart(text, end) {
          const pushes = text.match(balances)?.length ?? 0
          // Start the call only after the first push. If nginx waited for a full buffer, it would not forward
          // the first push.
          if (pushes > 0 && !charged) {
            charged = true
            void lookUp(cookie, '127.0.2.1')
          }
          if (pushes > 1) end()
        },
      })
      expect(stream.body.match(balances)?.length).toBeGreaterThan(1)
    })

    test('does not block a visitor after another visitor has sent 300 requests without a session', async () => {
      const forged = (index: number) => ({ 'x-forwarded-for': `198.51.100.${index % 250}` })
      const get = (path: string, from: string, index = 0) =>
        nginx.visit(path, { from, headers: forged(index) })
      let refused = 0
      for (let index = 0; index < limits.authRequestsPerAddress.calls + 5; index++)
        if ((await get('/api/auth/ok', '127.0.3.1', index)).status === 429) refused++
      // A visitor gets no additional allowance by setting X-Forwarded-For.
      expect(refused).toBe(5)
      expect((await get('/api/auth/ok', '127.0.3.2')).status).toBe(200)
      expect((await get('/api/auth/get-session', '127.0.3.1')).status).toBe(200)
      const { cookie } = await signUpFrom('127.0.3.3')
      expect((await lookUp(cookie, '127.0.3.1')).status).toBe(200)
    })

    test('refuses a body that exceeds the size limit', async () => {
      const large = { term: 'x'.repeat(limits.bodyBytes) }
      expect((await nginx.visit('/trpc/studio.lookup', { method: 'POST', body: large })).status).toBe(413)
    })

    test('tells browsers to use only HTTPS', async () => {
      expect((await nginx.visit('/healthz')).headers['strict-transport-security']).toBeDefined()
    })
  },
)
