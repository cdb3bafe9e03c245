import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { operations } from './operations.ts'

const verdicts = ['agrees', 'differs on purpose']

/** The table rows of docs/flowglad/coverage.md. */
const rows = [
  ...readFileSync(new URL('../../../docs/flowglad/coverage.md', import.meta.url), 'utf8').matchAll(
    /^\| `(?<operation>.+?)` \|(?<verdict>.*?)\|(?<notes>.*)\|$/gm,
  ),
].map(({ groups }) => ({
  operation: groups?.operation,
  verdict: groups?.verdict?.trim(),
  notes: groups?.notes?.trim(),
}))

it('lists every operation of openapi.json exactly once', () => {
  expect(rows.map(({ operation }) => operation).sort()).toEqual([...operations].sort())
})

it('gives each operation one of the defined verdicts', () => {
  expect(rows.filter(({ verdict }) => !verdicts.includes(verdict ?? ''))).toEqual([])
})

it('gives a reason for each operation that differs on purpose', () => {
  expect(rows.filter(({ verdict, notes }) => verdict === 'differs on purpose' && !notes)).toEqual([])
})
