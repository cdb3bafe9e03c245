import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'
import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.JSONSchema

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Returns a validator for each operation, generated from its response type. The validators reject unknown
 * fields.
 */
export function createAnswerSchemas(): Map<string, z.ZodType> {
  const generator = createGenerator({
    path: file('answers.ts'),
    // The configuration loads only the smallest library, because loading takes most of the time.
    tsconfig: file('tsconfig.json'),
    skipTypeCheck: true,
    jsDoc: 'none',
    topRef: false,
  })
  const all: JsonSchema = JSON.parse(JSON.stringify(generator.createSchema('Answers')), (_, node) =>
    isObjectSchema(node) ? asOnPlatform(node) : node,
  )
  const { properties = {}, definitions = {} } = all
  return new Map(
    Object.entries(properties).map(([operation, schema]) => [
      operation,
      z.fromJSONSchema({ ...Object(schema), definitions }, { defaultTarget: 'draft-7' }),
    ]),
  )
}

type ObjectSchema = JsonSchema & { properties: Record<string, JsonSchema> }

const isObjectSchema = (node: JsonSchema): node is ObjectSchema =>
  node?.type === 'object' && node.properties !== undefined

const orNull = (type: JsonSchema): JsonSchema => ({ anyOf: [type, { type: 'null' }] })

/** Adapts an object's schema to the platform's response where the SDK's types are out of date. */
function asOnPlatform({ properties, required = [], ...schema }: ObjectSchema): JsonSchema {
  const fields = Object.entries(properties).map(
    ([name, type]) =>
      // The platform returns null for a field without a value.
      [name, required.includes(name) ? type : orNull(type)] as const,
  )
  const added = {
    ...('cancelScheduledAt' in properties && { scheduledAdjustmentAt: orNull({ type: 'number' }) }),
    ...('claimedAt' in properties && { expiredAt: orNull({ type: 'number' }) }),
  }
  const removed = 'claimedAt' in properties ? ['subscriptionItemFeatureId'] : []
  return {
    ...schema,
    properties: { ...Object.fromEntries(fields.filter(([name]) => !removed.includes(name))), ...added },
    required: [...required.filter((name) => !removed.includes(name)), ...Object.keys(added)],
  }
}
