import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { problemOf } from '../../mutants/fault.ts'
import { faults } from '../../mutants/faults/index.ts'

const path = (name: string) => new URL(`../../${name}`, import.meta.url)

test('every fault of `pnpm mutants` can be applied', () => {
  const problems = faults.flatMap((fault) => {
    const problem = problemOf(fault, readFileSync(path(`src/${fault.file}`), 'utf8'))
    return problem === null ? [] : [`${fault.file}: ${fault.name}: ${problem}`]
  })
  expect(problems).toEqual([])
})

test('every fault of `pnpm mutants` names existing test files', () => {
  const named = new Set(faults.flatMap(({ tests }) => tests))
  expect([...named].filter((name) => !existsSync(path(`test/${name}.test.ts`)))).toEqual([])
  expect(faults.filter(({ tests }) => tests.length === 0)).toEqual([])
})

test('every fault of `pnpm mutants` has a unique name', () => {
  const names = faults.map(({ name }) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})
