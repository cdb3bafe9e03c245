import { type Html, html } from './html.ts'

/** An error to show on the page. If `field` is null, the error concerns the whole order. */
export interface FormError {
  field: 'email' | 'name' | 'card' | 'code' | null
  message: string
}

/** Returns a form field with its error below it. A field with an error receives focus. */
export const field = (
  label: string,
  name: FormError['field'],
  formError: FormError | undefined,
  attributes: Html,
): Html =>
  formError?.field === name
    ? html`<div class="field">
  <label>${label} <input name="${name}" ${attributes} aria-invalid="true" aria-describedby="formError" autofocus></label>
  <p class="small formError" id="formError" role="alert">${formError?.message}</p>
</div>`
    : html`<label>${label} <input name="${name}" ${attributes}></label>`
