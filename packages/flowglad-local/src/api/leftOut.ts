import { notImplemented } from '../problems.ts'
import type { Route } from './route.ts'

/** What the SDK can call and this server does not do. The README's table says the same. */
const leftOut = {
  '/catalogs': 'Catalogs are called pricing models now, on the platform too: ask for /pricing-models.',
  '/api-keys': 'flowglad-local has one API key, which it was started with (--key).',
  '/utils': 'There is nothing to ping here: a server that answers is there.',
} as const

/** Everything below these paths answers 501 with a sentence, so that nobody takes an empty answer for a fact. */
export function leftOutRoutes(route: Route): void {
  for (const [path, sentence] of Object.entries(leftOut)) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const) {
      for (const url of [path, `${path}/*`]) {
        route(method, url, {}, () => {
          throw notImplemented(sentence)
        })
      }
    }
  }
}
