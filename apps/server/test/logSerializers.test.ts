import { expect, test } from 'vitest'
import { logSerializers } from '../src/http/logSerializers.ts'

test('removes email addresses and keys from a logged error and its cause but keeps the stack frames', () => {
  const cause = new Error('No user ada@example.com')
  const error = new Error('Key sk_live_123 was refused for ada@example.com', { cause })
  const frames = '    at run (/app/node_modules/.pnpm/fastify@5.2.1/lib/route.js:1:2)'
  error.stack = `Error: ${error.message}\n${frames}`
  const logged = logSerializers.err(error)
  expect(logged).toMatchObject({
    message: 'Key sk_[removed] was refused for [removed]',
    stack: `Error: Key sk_[removed] was refused for [removed]\n${frames}`,
    cause: { message: 'No user [removed]' },
  })
  expect(JSON.stringify(logged)).not.toContain('ada@')
})

test('removes email addresses from the logged reason for a failure', () => {
  expect(logSerializers.reason('Mailbox ada@example.com is full')).toBe('Mailbox [removed] is full')
})
