import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Platform } from '../platform/Platform.ts'
import { badRequest, Problem, unsupportedType } from '../platform/problems.ts'
import { rejectBadPaging } from './list.ts'

/** A parsed API call. The handler runs in a transaction that is rolled back if the handler throws. */
interface Call<Body, Query> {
  platform: Platform
  /** The platform's time when the call started. */
  now: number
  params: Record<string, string>
  query: Query
  body: Body
  /** Commits the transaction and then fails the call. The handler must return the result of this function. */
  failAfterCommit(problem: Problem): Problem
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Adds a route. The handler is synchronous and runs in one transaction, so calls never interleave, and a
 * repeated call sees the first call's changes. The route drops unknown fields and rejects invalid input with
 * 400 and zod's issues.
 * @param path the path in Flowglad's reference without `/api/v1`, for example `/customers/:externalId`
 */
export type Route = <Body = undefined, Query = undefined>(
  method: Method,
  path: string,
  input: { body?: z.ZodType<Body>; query?: z.ZodType<Query> },
  handler: (call: Call<Body, Query>) => unknown,
) => void

export const createRoute =
  (app: FastifyInstance, platformOf: (request: FastifyRequest) => Platform): Route =>
  (method, path, input, handler) => {
    app.route({
      method,
      url: path,
      handler: async (request) => {
        const platform = platformOf(request)
        if (method === 'GET') rejectBadPaging(request.query)
        else rejectOtherTypes(method, request.headers['content-type'])
        // The platform merges the path's parameters into the body, so it accepts a body that isn't an object.
        const given = path.includes(':') ? Object.assign({}, request.body) : request.body
        const body = parse(input.body, given)
        const query = parse(input.query, request.query)
        const params = request.params as Record<string, string>
        const answer = platform.db.transaction(() =>
          handler({
            platform,
            now: platform.clock.now(),
            params: method === 'GET' ? overridden(params, request.query) : params,
            query,
            body,
            failAfterCommit: (problem) => problem,
          }),
        )
        if (answer instanceof Problem) throw answer
        return answer
      },
    })
  }

/**
 * Replaces a path's parameters with query parameters of the same name, as the platform does on GET routes.
 */
function overridden(params: Record<string, string>, query: unknown): Record<string, string> {
  const given = z.record(z.string(), z.unknown()).parse(query)
  const names = Object.keys(params).filter((name) => given[name] !== undefined)
  return { ...params, ...parse(z.object(Object.fromEntries(names.map((name) => [name, z.string()]))), given) }
}

/** Rejects any content type other than JSON. On the platform, even DELETE requires this content type. */
function rejectOtherTypes(method: Method, type: string | undefined): void {
  if (type?.startsWith('application/json')) return
  if (method !== 'DELETE' && type?.startsWith('multipart/form-data'))
    throw new Problem('BAD_REQUEST', 'Failed to parse body as FormData.')
  // The platform forwards the body as text, so `text/plain` is the default content type.
  throw unsupportedType(type ?? (method === 'DELETE' ? undefined : 'text/plain;charset=UTF-8'))
}

// Without a schema, T is `undefined`.
function parse<T>(schema: z.ZodType<T> | undefined, value: unknown): T {
  if (!schema) return undefined as T
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw badRequest(parsed.error.issues.map(asReported))
  return parsed.data
}

/** Converts an issue to the format of the platform's zod version. */
function asReported(issue: z.core.$ZodIssue): unknown {
  if (issue.code === 'invalid_union') {
    const rest = Object.entries(issue).filter(([key]) => key !== 'options')
    return {
      ...Object.fromEntries(rest),
      errors: issue.errors.map((issues) => issues.map(asReported)),
      message: 'Invalid input',
    }
  }
  if (issue.code === 'too_big' && issue.origin === 'int') {
    const { inclusive: _, ...rest } = issue
    return { ...rest, message: issue.message.replace('<=', '<') }
  }
  return issue
}
