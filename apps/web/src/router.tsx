import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Broken } from './shell/Broken.tsx'
import { NotFound } from './shell/NotFound.tsx'
import { Shell } from './shell/Shell.tsx'

interface Search {
  /** The outcome of a hosted checkout. */
  checkout?: string
  /** The path in this app to open after sign-in. */
  next?: string
}

function parseSearch(search: Record<string, unknown>): Search {
  const { checkout, next } = search
  return {
    ...(typeof checkout === 'string' ? { checkout } : {}),
    ...(typeof next === 'string' && /^\/(?!\/)/.test(next) ? { next } : {}),
  }
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, validateSearch: parseSearch })

const routeTree = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: lazyRouteComponent(() => import('./studio/StudioScreen.tsx'), 'StudioScreen'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/usage',
    component: lazyRouteComponent(() => import('./usage/UsageScreen.tsx'), 'UsageScreen'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/pricing',
    component: lazyRouteComponent(() => import('./plans/PlansScreen.tsx'), 'PlansScreen'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/billing',
    component: lazyRouteComponent(() => import('./billing/BillingScreen.tsx'), 'BillingScreen'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    component: lazyRouteComponent(() => import('./account/SignInScreen.tsx'), 'SignInScreen'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sign-up',
    component: lazyRouteComponent(() => import('./account/SignUpScreen.tsx'), 'SignUpScreen'),
  }),
])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
