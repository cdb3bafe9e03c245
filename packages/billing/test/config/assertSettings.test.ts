import { expect, test } from 'vitest'
import { createBilling } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, meters } from '../flowglad/meters.ts'

/**
 * Creates billing with valid settings, except for the given changes. The changes are untyped, because a JavaScript
 * app can pass any value.
 */
const create = (changed: object) =>
  createBilling({
    meters,
    ledger: sqliteLedger(':memory:'),
    flowglad: { secretKey: 'sk_test' },
    customer: () => aUser(),
    publicUrl: 'http://localhost',
    ...changed,
  })

const aPolicy = (graceDays: number | undefined, then: string) => ({ graceDays, then })

test.each<[setting: string, changed: object, message: string]>([
  ['no meters', { meters: undefined }, '`meters` is empty.'],
  ['an empty meters object', { meters: {} }, '`meters` is empty.'],
  ['no ledger', { ledger: undefined }, '`ledger` is missing.'],
  ['a path instead of a ledger', { ledger: 'billing.db' }, '`ledger` is missing.'],
  ['no Flowglad settings', { flowglad: undefined }, '`flowglad.secretKey` is missing.'],
  ['no secret key', { flowglad: {} }, '`flowglad.secretKey` is missing.'],
  ['an empty secret key', { flowglad: { secretKey: '' } }, '`flowglad.secretKey` is missing.'],
  [
    'a line break in the secret key',
    { flowglad: { secretKey: 'sk\n' } },
    '`flowglad.secretKey` contains white space',
  ],
  [
    'an empty base URL',
    { flowglad: { secretKey: 'sk', baseUrl: '' } },
    '`flowglad.baseUrl` is not a URL: "".',
  ],
  [
    'a base URL without a protocol',
    { flowglad: { secretKey: 'sk', baseUrl: 'localhost:4010' } },
    '`flowglad.baseUrl` is',
  ],
  ['no customer function', { customer: undefined }, '`customer` is missing.'],
  [
    'a public URL without a protocol',
    { publicUrl: 'app.example' },
    '`publicUrl` is not a URL: "app.example".',
  ],
  ['negative grace days', { pastDue: aPolicy(-1, 'free') }, '`pastDue.graceDays` is not a number of days.'],
  ['no grace days', { pastDue: aPolicy(undefined, 'deny') }, '`pastDue.graceDays` is not a number of days.'],
  ['an unknown past due policy', { pastDue: aPolicy(7, 'Free') }, "`pastDue.then` must be 'free' or 'deny'."],
  [
    'one trusted origin instead of an array',
    { trustedOrigins: 'https://app.example' },
    '`trustedOrigins` is not an array.',
  ],
  [
    'a trusted origin with a path',
    { trustedOrigins: ['https://app.example/'] },
    '`trustedOrigins` contains "https://app.example/", which is not an origin. Pass https://app.example.',
  ],
  [
    'a trusted origin with capital letters and the default port',
    { trustedOrigins: ['HTTPS://App.example:443'] },
    'Pass https://app.example.',
  ],
  [
    'a trusted origin without a scheme',
    { trustedOrigins: ['app.example'] },
    '`trustedOrigins` contains "app.example", which is not an origin. Pass a scheme and a host',
  ],
  ['a wildcard', { trustedOrigins: ['https://*.app.example'] }, 'Pass a scheme and a host without wildcards'],
  ['any origin', { trustedOrigins: ['*'] }, '`trustedOrigins` contains "*"'],
  ['the origin of sandboxed frames', { trustedOrigins: ['null'] }, '`trustedOrigins` contains "null"'],
  ['the origin of files', { trustedOrigins: ['file://'] }, '`trustedOrigins` contains "file://"'],
  ['a regular expression', { trustedOrigins: [/example/] }, '`trustedOrigins` contains {}'],
])('throws a TypeError that names the wrong setting: %s', (_, changed, message) => {
  expect(() => create(changed)).toThrow(TypeError)
  expect(() => create(changed)).toThrow(message)
})

test('accepts the origins of web pages and mobile apps as trusted origins', async () => {
  const trustedOrigins = ['https://app.example', 'http://[::1]:5173', 'capacitor://localhost']
  await using billing = create({ trustedOrigins })
  expect(() => billing.assertTrustedOrigin({ headers: { origin: 'capacitor://localhost' } })).not.toThrow()
})

test('names each wrong setting on a separate line', () => {
  const error = (() => {
    try {
      create({ meters: {}, publicUrl: 'app.example', customer: null })
    } catch (thrown) {
      return String(thrown)
    }
  })()
  expect(error?.split('\n')).toHaveLength(3)
})
