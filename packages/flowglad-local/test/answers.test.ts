import { beforeAll, expect, it } from 'vitest'
import type { z } from 'zod'
import { callEveryOperation } from './everyOperation.ts'
import { operations } from './operations.ts'
import { createSdkSchemas } from './sdk/schemas.ts'
import { startStudio } from './studio.ts'

const noSdkType = 'The SDK has types for neither the operation nor its records.'
const notImplemented = 'The server does not implement the operation.'

/** The operations whose responses this file doesn't check, with the reason. */
const unchecked: Readonly<Record<string, string>> = {
  'POST /subscriptions/:id/preview-adjust': noSdkType,
  'GET /pricing-models/:id/export': noSdkType,
  'GET /product-features': noSdkType,
  'POST /product-features': noSdkType,
  'GET /product-features/:id': noSdkType,
  'POST /product-features/:id/expire': noSdkType,
  'POST /subscription-item-features/:id/expire': 'The operation always fails on the platform.',
  'POST /webhooks': noSdkType,
  'GET /webhooks/:id': noSdkType,
  'PUT /webhooks/:id': noSdkType,
  'GET /api-keys/:id': notImplemented,
}

let schemas: Map<string, z.ZodType>
let answers: Map<string, unknown[]>
beforeAll(async () => {
  schemas = createSdkSchemas()
  await using studio = await startStudio()
  answers = await callEveryOperation(studio)
}, 180_000)

it.each(operations.filter((operation) => !(operation in unchecked)))(
  "returns the fields of the SDK's type for %s",
  (operation) => {
    const given = answers.get(operation) ?? []
    expect(given).not.toEqual([])
    const schema = schemas.get(operation)
    expect(given.map((answer) => schema?.safeParse(answer))).toEqual(
      given.map((data) => ({ success: true, data })),
    )
  },
)

it('checks every implemented operation', () => {
  expect([...answers.keys()].filter((operation) => unchecked[operation] === notImplemented)).toEqual([])
})
