import { expect, test } from 'vitest'
import { maskCode } from '../../src/cli/maskCode.ts'

test.each([
  ['a string', `a('it"s {')(b)`, `a('      ')(b)`],
  ['a comment', 'a /* ( */ b // {', 'a         b     '],
  ['a template', 'a(`{ $' + '{b({ c: `}` })} (`)', 'a(`  $' + '{b({ c: ` ` })}  `)'],
  ['a regular expression', 'a = /[/"]{/.test(b) / c', 'a = /     /.test(b) / c'],
  ['an apostrophe in JSX', "<p>Don't</p>\n{a}", "<p>Don'     \n{a}"],
])('hides the content of %s, and keeps all offsets', (_, text, masked) => {
  expect(maskCode(text)).toBe(masked)
})
