import type { Route } from './route.ts'

/** Whether the key is good, and what it is for. */
export function pingRoutes(route: Route): void {
  route('GET', '/utils/ping', {}, ({ platform }) => ({
    message: 'pong',
    environment: 'test',
    userId: 'api',
    organizationId: platform.organizationId,
  }))
}
