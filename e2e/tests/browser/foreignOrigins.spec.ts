// These tests open pages on other origins that send requests to the app with the customer's cookies.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Request } from '@playwright/test'
import { expect, test } from './browserTest.ts'

const lookUps = Array.from({ length: 50 }, () => 'studio.lookup')
const inputs = JSON.stringify(Object.fromEntries(lookUps.map((_, index) => [index, { term: 'boat' }])))

/** The paths of requests that could spend units, change the plan or end the session. */
const targets = [
  `/trpc/${lookUps}?batch=1&input=${encodeURIComponent(inputs)}`,
  '/trpc/billing.cancel',
  '/api/flowglad/subscriptions/cancel',
  '/api/auth/sign-out',
]

type Attack = (url: string) => void

/** The ways in which a page can open a URL in its tab. Each function runs in the page. */
const navigations: Attack[] = [
  function link(url) {
    const link = document.createElement('a')
    link.href = url
    link.click()
  },
  function form(url) {
    document.body.innerHTML = `<form method="post" action="${url}"><input name="a" value="b"></form>`
    document.forms[0]?.submit()
  },
  function textForm(url) {
    document.body.innerHTML = `<form method="post" enctype="text/plain" action="${url}"><input name="{}"></form>`
    document.forms[0]?.submit()
  },
  function fileForm(url) {
    document.body.innerHTML = `<form method="post" enctype="multipart/form-data" action="${url}"></form>`
    document.forms[0]?.submit()
  },
]

/** The ways in which a page can send a request in the background, without a preflight. */
const backgroundRequests: Attack[] = [
  function image(url) {
    document.body.append(Object.assign(new Image(), { src: url }))
  },
  function sandboxedForm(url) {
    const frame = document.createElement('iframe')
    frame.setAttribute('sandbox', 'allow-forms allow-scripts')
    frame.srcdoc = `<form method="post" action="${url}"></form><script>document.forms[0].submit()</script>`
    document.body.append(frame)
  },
  function read(url) {
    void fetch(url, { mode: 'no-cors', credentials: 'include' }).catch(() => {})
  },
  function write(url) {
    void fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).catch(() => {})
  },
  function writeWithoutType(url) {
    const body = new Blob(['{}'])
    void fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(() => {})
  },
  function beacon(url) {
    navigator.sendBeacon(url, '{}')
  },
]

/** Serves an empty page on another port, at each loopback name. */
async function startForeignServer() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>')
  }).listen(0)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test.use({ expectedConsoleErrors: [/ERR_BLOCKED_BY_RESPONSE|frame-ancestors/] })

for (const [place, host] of [
  ['another origin of the same site', '127.0.0.1'],
  ['another site', 'localhost'],
] as const) {
  test(`charges nothing and changes nothing for a page on ${place}`, async ({
    page,
    customer,
    records,
    stack,
  }) => {
    await customer.buy('pro_monthly')
    const { plan: before } = await customer.refresh()
    await using foreign = await startForeignServer()
    const elsewhere = `http://${host}:${foreign.port}/`
    const answers: { url: string; method: string; status: number }[] = []
    const withSession = new Set<string>()
    const ended = async (request: Request) => {
      if (!request.url().startsWith(stack.url)) return
      const response = await request.response()
      // Check the server's response too, because the server may have handled a request even if the browser
      // hides the response from the page.
      if (response) answers.push({ url: request.url(), method: request.method(), status: response.status() })
      if ((await request.allHeaders()).cookie?.includes('session')) withSession.add(request.method())
    }
    page.on('requestfinished', ended).on('requestfailed', ended)

    for (const target of targets) {
      const url = stack.url + target
      for (const attack of navigations) {
        await page.goto(elsewhere)
        await page.evaluate(attack, url)
        await page.waitForURL(url)
      }
      await page.goto(elsewhere)
      for (const attack of backgroundRequests) {
        const sent = page.waitForRequest(url)
        await page.evaluate(attack, url)
        await sent
      }
    }
    await page.goto(elsewhere, { waitUntil: 'networkidle' })

    for (const { url, method, status } of answers) {
      // The routes under /api don't exist for GET.
      const expected = method === 'GET' && url.includes('/api/') ? [404, 405] : [403]
      expect(expected, `${method} ${url}`).toContain(status)
    }
    expect(answers.length).toBeGreaterThanOrEqual(targets.length * navigations.length)
    // Check that the browser sent the session cookie, so that only the server could refuse the requests.
    expect(withSession).toEqual(new Set(host === '127.0.0.1' ? ['GET', 'POST'] : ['GET']))
    const { plan, balances } = await customer.refresh()
    expect(plan).toEqual(before)
    expect(balances.map(({ used }: { used: number }) => used)).toEqual([0, 0, 0])
    expect(await records.used(customer)).toEqual({})
  })
}
