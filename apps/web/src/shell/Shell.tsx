import { Outlet } from '@tanstack/react-router'
import { Suspense } from 'react'
import { VerificationWatch } from '../account/VerificationWatch.tsx'
import { AlertNotice } from '../alerts/AlertNotice.tsx'
import { SaidOnScreen } from '../alerts/said.tsx'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { LoadingScreen } from '../parts/LoadingScreen.tsx'
import { PurchaseResult } from '../plans/purchaseResult.tsx'
import { BalanceAnnouncer } from './BalanceAnnouncer.tsx'
import { CheckoutReturn } from './CheckoutReturn.tsx'
import { Header } from './Header.tsx'
import { OfflineNotice } from './OfflineNotice.tsx'
import { PastDueNotice } from './PastDueNotice.tsx'
import classes from './Shell.module.css'
import { usePrefetch } from './usePrefetch.ts'

/** Renders the frame around every screen. */
export function Shell() {
  const user = useUser()
  const waits = user !== null && awaitsVerification(user)
  usePrefetch(user !== null)
  const hasBalances = user !== null && !waits
  return (
    <div className={classes.page}>
      <a className={classes.skip} href="#main">
        Skip to content
      </a>
      <SaidOnScreen>
        <PurchaseResult>
          <div className={classes.top}>
            <Header user={user} />
            <OfflineNotice />
          </div>
          <main id="main" tabIndex={-1} className={classes.main}>
            {hasBalances && <CheckoutReturn />}
            {hasBalances && <PastDueNotice />}
            <Suspense fallback={<LoadingScreen />}>
              <Outlet />
            </Suspense>
          </main>
        </PurchaseResult>
        {hasBalances && <AlertNotice customer={user.id} />}
      </SaidOnScreen>
      {hasBalances && <BalanceAnnouncer />}
      {waits && <VerificationWatch />}
    </div>
  )
}
