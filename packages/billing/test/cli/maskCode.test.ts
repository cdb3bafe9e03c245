import { expect, test } from 'vitest'
import { maskCode } from '../../src/cli/init/maskCode.ts'

test.each([
  ['the content of a string', `a('it"s {')(b)`, `a('      ')(b)`],
  ['the content of a comment', 'a /* ( */ b // {', 'a         b     '],
  ['the content of a template', 'a(`{ $' + '{b({ c: `}` })} (`)', 'a(`  $' + '{b({ c: ` ` })}  `)'],
  ['the content of a regular expression', 'a = /[/"]{/.test(b) / c', 'a = /     /.test(b) / c'],
  ['the rest of a line after an apostrophe in JSX', "<p>Don't</p>\n{a}", "<p>Don'     \n{a}"],
])('hides %s and preserves all offsets', (_, text, masked) => {
  expect(maskCode(text)).toBe(masked)
})
