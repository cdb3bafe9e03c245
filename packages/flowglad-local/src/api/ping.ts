import type { Route } from './route.ts'

/** Adds the route that checks the API key and returns its environment and organization. */
export function pingRoutes(route: Route): void {
  route('GET', '/utils/ping', {}, ({ platform }) => ({
    message: 'pong',
    environment: 'test',
    userId: 'api',
    organizationId: platform.organizationId,
  }))
}
