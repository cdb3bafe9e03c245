import { expect, test } from 'vitest'
import { toRequest } from '../../src/http/toRequest.ts'

const unread = () => {
  throw new Error('the body was read')
}

test('copies the method, path, repeated headers and body', async () => {
  const request = await toRequest({
    method: 'POST',
    url: '/api/webhooks/flowglad?x=1',
    headers: { 'svix-id': 'msg_1', accept: ['a', 'b'], absent: undefined, ':path': '/pseudo' },
    body: () => Buffer.from('raw'),
  })
  expect(request).toMatchObject({ method: 'POST', url: 'http://localhost/api/webhooks/flowglad?x=1' })
  expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({ 'svix-id': 'msg_1', accept: 'a, b' })
  expect(await request?.text()).toBe('raw')
})

test('does not read the body of a GET, HEAD or non-billing request', async () => {
  for (const method of ['GET', 'HEAD']) {
    expect(await toRequest({ method, url: '/healthz', headers: {}, body: unread })).toMatchObject({ method })
  }
  expect(await toRequest({ method: 'POST', url: '/other', headers: {}, body: unread })).toBeNull()
})

test.each(['//healthz', 'http://host/healthz', '*', '/\\healthz', '/healthz%00'])(
  'treats the unusual URL %s as a path outside billing',
  async (url) => {
    expect(await toRequest({ method: 'POST', url, headers: {}, body: unread })).toBeNull()
  },
)

test('resolves to null for a method that Request does not support', async () => {
  expect(await toRequest({ method: 'TRACE', url: '/healthz', headers: {}, body: unread })).toBeNull()
})
