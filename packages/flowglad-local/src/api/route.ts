import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { Platform } from '../platform/Platform.ts'
import { badRequest, Problem } from '../platform/problems.ts'
import { refuseBadPaging } from './list.ts'

/** One call of the API, parsed, inside of a transaction that its handler's exception undoes. */
interface Call<Body, Query> {
  platform: Platform
  /** The platform's time when the call began. */
  now: number
  params: Record<string, string>
  query: Query
  body: Body
  /** What the caller says the body is. */
  contentType: string | undefined
  /** Answers with a problem while keeping what the transaction wrote. */
  afterwards(problem: Problem): Problem
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Adds a route. The handler is synchronous and runs in one transaction: two calls never interleave, so a duplicate that
 * races its original finds it. Unknown input is dropped; input of a wrong shape is a 400 with zod's issues.
 * @param path as in Flowglad's reference, without `/api/v1`, e.g. `/customers/:externalId`
 */
export type Route = <Body = undefined, Query = undefined>(
  method: Method,
  path: string,
  input: { body?: z.ZodType<Body>; query?: z.ZodType<Query> },
  handler: (call: Call<Body, Query>) => unknown,
) => void

export const createRoute =
  (app: FastifyInstance, platform: Platform): Route =>
  (method, path, input, handler) => {
    app.route({
      method,
      url: path,
      handler: async (request) => {
        if (method === 'GET') refuseBadPaging(request.query)
        const body = parse(input.body, request.body)
        const query = parse(input.query, request.query)
        const answer = platform.db.transaction(() =>
          handler({
            platform,
            now: platform.clock.now(),
            params: request.params as Record<string, string>,
            query,
            body,
            contentType: request.headers['content-type'],
            afterwards: (problem) => problem,
          }),
        )
        if (answer instanceof Problem) throw answer
        return answer
      },
    })
  }

// A route without a schema has `undefined` for its type parameter, so `undefined` is a T there.
function parse<T>(schema: z.ZodType<T> | undefined, value: unknown): T {
  if (!schema) return undefined as T
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw badRequest(parsed.error.issues.map(asTheyPutIt))
  return parsed.data
}

/** The platform's zod does not list a union's options yet. */
function asTheyPutIt(issue: z.core.$ZodIssue): unknown {
  if (issue.code !== 'invalid_union' || !('options' in issue)) return issue
  const { options: _, ...rest } = issue
  return rest
}
