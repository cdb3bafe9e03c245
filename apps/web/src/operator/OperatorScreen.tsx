import { useSearch } from '@tanstack/react-router'
import { FailedSection } from '../denials/FailedSection.tsx'
import { LoadingScreen } from '../parts/LoadingScreen.tsx'
import { Screen } from '../parts/Screen.tsx'
import { NotFound } from '../shell/NotFound.tsx'
import { CustomerPage } from './CustomerPage.tsx'
import { FindCustomer } from './FindCustomer.tsx'
import { useOperatorAccess } from './useOperatorAccess.ts'

/** For an operator, shows one customer or the customer search. For other users, shows “Page not found”. */
export function OperatorScreen() {
  const { isOperator, error, refetch } = useOperatorAccess()
  const { customer } = useSearch({ strict: false })
  if (isOperator === undefined)
    return error ? (
      <Screen title="Studio">
        <FailedSection what="This page" error={error} onRetry={() => void refetch()} />
      </Screen>
    ) : (
      <LoadingScreen />
    )
  if (!isOperator) return <NotFound />
  return customer === undefined ? <FindCustomer /> : <CustomerPage key={customer} customer={customer} />
}
