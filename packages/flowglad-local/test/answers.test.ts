import { beforeAll, expect, it } from 'vitest'
import type { z } from 'zod'
import { callEveryOperation } from './everyOperation.ts'
import { operations } from './operations.ts'
import { createAnswerSchemas } from './sdk/schemas.ts'
import { startStudio } from './studio.ts'

/** The operations that always fail and therefore have no response to check. */
const alwaysFailing = ['POST /subscription-item-features/:id/expire', 'GET /api-keys/:id']

let schemas: Map<string, z.ZodType>
let answers: Map<string, unknown[]>
beforeAll(async () => {
  schemas = createAnswerSchemas()
  await using studio = await startStudio()
  answers = await callEveryOperation(studio)
}, 180_000)

it.each(operations.filter((operation) => !alwaysFailing.includes(operation)))(
  'returns the documented fields for %s',
  (operation) => {
    const given = answers.get(operation) ?? []
    expect(given).not.toEqual([])
    const schema = schemas.get(operation)
    expect(given.map((answer) => schema?.safeParse(answer))).toEqual(
      given.map((data) => ({ success: true, data })),
    )
  },
)

it('exempts only operations that always fail from the check', () => {
  expect(alwaysFailing.filter((operation) => answers.has(operation))).toEqual([])
})
