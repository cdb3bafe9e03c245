import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { pathInApp } from './account/pathInApp.ts'
import { prefetchable, whenOnline } from './parts/loadCode.ts'
import { Broken } from './shell/Broken.tsx'
import { NotFound } from './shell/NotFound.tsx'
import { Shell } from './shell/Shell.tsx'
import { WaitingScreen } from './shell/WaitingScreen.tsx'

interface Search {
  /** The outcome of a hosted checkout. */
  checkout?: string | undefined
  /** The customer that the operators' screen shows. */
  customer?: string | undefined
  /** The path in this app to open after sign-in. */
  next?: string | undefined
  /** The reason why the link in an email doesn't work. */
  error?: string | undefined
  /** Set if the user has just chosen a new password. */
  password?: 'changed' | undefined
}

/** Returns every parameter, even if undefined. The router would keep an omitted parameter's unchecked value. */
const parseSearch = ({ checkout, customer, next, error, password }: Record<string, unknown>): Search => ({
  checkout: typeof checkout === 'string' ? checkout : undefined,
  // The router parses a value that looks like a number, so convert it back to a string.
  customer: typeof customer === 'string' || typeof customer === 'number' ? String(customer) : undefined,
  next: pathInApp(next),
  error: typeof error === 'string' ? error : undefined,
  password: password === 'changed' ? password : undefined,
})

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, validateSearch: parseSearch })

/** Returns the options of a screen whose code is loaded when the screen opens. */
const screen = <Name extends string>(load: () => Promise<Record<Name, () => ReactNode>>, name: Name) => ({
  component: lazyRouteComponent(load, name),
  pendingComponent: WaitingScreen,
  pendingMs: 400,
})

const routeTree = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: '/',
    ...screen(
      prefetchable(() => import('./studio/StudioScreen.tsx')),
      'StudioScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/usage',
    ...screen(
      prefetchable(() => import('./usage/UsageScreen.tsx')),
      'UsageScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/pricing',
    ...screen(
      prefetchable(() => import('./plans/PlansScreen.tsx')),
      'PlansScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/billing',
    ...screen(
      prefetchable(() => import('./billing/BillingScreen.tsx')),
      'BillingScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/operator',
    ...screen(
      whenOnline(() => import('./operator/OperatorScreen.tsx')),
      'OperatorScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    ...screen(
      whenOnline(() => import('./account/SignInScreen.tsx')),
      'SignInScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/sign-up',
    ...screen(
      whenOnline(() => import('./account/SignUpScreen.tsx')),
      'SignUpScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/forgot-password',
    ...screen(
      whenOnline(() => import('./account/ForgotPasswordScreen.tsx')),
      'ForgotPasswordScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/reset-password',
    ...screen(
      whenOnline(() => import('./account/ResetPasswordScreen.tsx')),
      'ResetPasswordScreen',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/verified',
    ...screen(
      whenOnline(() => import('./account/VerifiedScreen.tsx')),
      'VerifiedScreen',
    ),
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
