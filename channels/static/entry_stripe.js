// Stripe's Payment Element (docs.stripe.com/payments/save-and-reuse): its own script, frames and checks; we hold the button.

/** Put the element into `place`. `save()` answers `{setup}` or `{problem}`; a bank's own page may come in between. */
export function mount(place, { setup, key, language }) {
  const inner = document.createElement("div");
  place.replaceChildren(inner);
  const stripe = window.Stripe(key, { locale: language });
  const elements = stripe.elements({ clientSecret: setup });
  elements.create("payment").mount(inner);

  return {
    async save() {
      const { error, setupIntent } = await stripe.confirmSetup({
        elements,
        confirmParams: { return_url: `${location.origin}/pay` },
        redirect: "if_required",
      });
      return error ? { problem: error.message } : { setup: setupIntent.id };
    },
  };
}
