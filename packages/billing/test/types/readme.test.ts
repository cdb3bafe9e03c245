import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { denialStatuses } from '../../src/client/index.ts'
import { defaultOptions } from '../../src/index.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const namesIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)

test('the README documents exactly the existing options, with their defaults', () => {
  const [, after = ''] = readme.split('\n## Options\n')
  const [section = ''] = after.split('\n## ')
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  const written = rows.flatMap((row) => {
    const [, names = '', defaults = ''] = row.split('|')
    const values = defaults.trim().replaceAll('`', '').split(', ')
    return namesIn(names).map((name, index) => [name, values[index]] as const)
  })
  const shown = Object.entries(defaultOptions).map(([name, value]): [string, string] => [
    name,
    typeof value === 'number' ? value.toLocaleString('en').replaceAll(',', ' ') : String(value),
  ])
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(shown))
})

test('the README documents every meter policy', () => {
  const policy = readFileSync(new URL('../../src/contract/meters.ts', import.meta.url), 'utf8')
  const [, body = ''] = /interface MeterPolicy \{([\s\S]*?)\n\}/.exec(policy) ?? []
  const names = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(0)
  const [, after = ''] = readme.split("\n## A meter's policy\n")
  const [section = ''] = after.split('\n## ')
  for (const name of names) expect(section).toContain(`\`${name}`)
})

test('the guide documents every denial with its tRPC code and HTTP status', () => {
  const guide = readFileSync(new URL('../../../../docs/metering.md', import.meta.url), 'utf8')
  const [, after = ''] = guide.split('\n## Denials and other errors\n')
  const [section = ''] = after.split('\n## ')
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) => {
    const [, codes = '', trpc = '', http] = row.split('|')
    return namesIn(codes).map((code) => [code, { trpc: namesIn(trpc)[0], http: Number(http) }] as const)
  })
  expect(Object.fromEntries(listed)).toEqual(denialStatuses)
})
