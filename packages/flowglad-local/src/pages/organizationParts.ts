import type { Customer } from '../database/records/customers.ts'
import { type Organization, shortKeyOf } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { type Html, html } from './html.ts'

export const modelNameOf = ({ db, pricingModelId }: Platform): string =>
  db.pricingModels.get(pricingModelId).name

/** Returns the dashboard's address for a pricing model. */
export const dashboardAddress = ({ pricingModelId }: Pick<Platform, 'pricingModelId'>): string =>
  `/?model=${pricingModelId}`

/** Returns the dashboard's address for a customer, optionally with a search. */
export const addressOf = (customer: Customer, find = ''): string =>
  `${dashboardAddress(customer)}&customer=${encodeURIComponent(customer.externalId)}${find && `&find=${encodeURIComponent(find)}`}`

/** Returns the address of the billing portal, or of a customer's page there. */
export const portalAddress = ({ organizationId }: Platform, customer?: Customer): string =>
  `/billing-portal/${organizationId}${customer ? `/${encodeURIComponent(customer.externalId)}` : ''}`

/**
 * Returns links to the same page for each pricing model, labeled with the model's name and the end of its key. Returns
 * false if there is only one model.
 */
export const modelSwitch = (
  all: readonly Organization[],
  shown: Platform,
  addressFor: (platform: Platform) => string,
): Html | false =>
  all.length > 1 &&
  html`<nav class="row small" aria-label="Pricing model"><span class="soft">Pricing model</span>${all.map(
    (organization) => {
      const { platform } = organization
      const current = platform === shown
      return html`<a class="badge model ${current ? '' : 'plain'}" href="${addressFor(platform)}"${current && html` aria-current="page"`}>${modelNameOf(platform)} <span class="mono">${shortKeyOf(all, organization)}</span></a>`
    },
  )}</nav>`
