import type { Route } from './route.ts'

/** Adds the route that returns whether the key is valid and what it is for. */
export function pingRoutes(route: Route): void {
  route('GET', '/utils/ping', {}, ({ platform }) => ({
    message: 'pong',
    environment: 'test',
    userId: 'api',
    organizationId: platform.organizationId,
  }))
}
