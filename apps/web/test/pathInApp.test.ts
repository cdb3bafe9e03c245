import { expect, test } from 'vitest'
import { pathInApp } from '../src/account/pathInApp.ts'

test.each([
  '/',
  '/usage',
  '/usage/',
  '/pricing?plan=pro&next=%2Fusage',
  '/?checkout=success#top',
  '/billing#card',
  '/usage/2026-11/tokens',
  '/sign-in-help',
  '/pricing?from=http://example.com',
])('opens %s after signing in', (path) => {
  expect(pathInApp(path)).toBe(path)
})

test.each([
  ['another site', 'http://evil.example/'],
  ['another site without slashes', 'https:evil.example'],
  ['another site with one slash', 'https:/evil.example'],
  ['a script', 'javascript:alert(1)'],
  ['a script with a tab in its scheme', 'java\tscript:alert(1)'],
  ['a data address', 'data:text/html,<script>alert(1)</script>'],
  ['a host without a scheme', '//evil.example'],
  ['a host after three slashes', '///evil.example'],
  ['a host after a backslash', '/\\evil.example'],
  ['a host after two backslashes', '\\\\evil.example'],
  ['a backslash later in the path', '/usage\\evil.example'],
  ['a host after a tab', '/\t/evil.example'],
  ['a host after a newline', '/\n/evil.example'],
  ['a host after a carriage return', '/\r/evil.example'],
  ['a leading space', ' //evil.example'],
  ['a leading null character', '\u0000//evil.example'],
  ['a trailing newline', '/usage\n'],
  ['a newline in the query', '/usage?a=\n//evil.example'],
  ['an encoded slash', '/%2Fevil.example'],
  ['two encoded slashes', '/%2f%2fevil.example'],
  ['an encoded backslash', '/%5Cevil.example'],
  ['a double-encoded slash', '/%252Fevil.example'],
  ['an encoded tab', '/%09/evil.example'],
  ['a host after a dot segment', '/.//evil.example'],
  ['a host after two dots', '/usage/..//evil.example'],
  ['an encoded dot', '/%2e//evil.example'],
  ['a host after a path', '/usage//evil.example'],
  ['a full-width slash', '/\uFF0Fevil.example'],
  ['user information', '/@evil.example'],
  ['a relative path', 'usage'],
  ['an empty text', ''],
  ['the sign-in screen', '/sign-in'],
  ['the sign-in screen in capitals', '/SIGN-IN/'],
  ['the sign-in screen with another next', '/sign-in?next=/usage'],
  ['the sign-up screen', '/sign-up#x'],
  ['a list', ['/usage']],
  ['a number', 1],
  ['a missing path', undefined],
])('does not open %s after signing in', (_, next) => {
  expect(pathInApp(next)).toBeUndefined()
})
