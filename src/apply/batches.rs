//! Responsible for dividing the new customers of a wave into batches. The tokens of a batch are
//! requested first. Then one listing of all workspaces proves for the whole batch, and for those of later
//! batches that it has, that their workspaces are new, and the steps of its customers follow.

use super::Context;
use crate::api::ConnectorToken;
use crate::plan::CustomerPlan;

/// The most batches, unless tokens would expire. While the workspaces are listed for one, the tokens of the
/// next one are requested, so that more batches save no time, and each costs a listing at most.
const BATCHES: usize = 3;

/// The most batches whose tokens are requested before their steps.
pub(super) const AHEAD: usize = 3;

/// The most pages for each hundred new customers of a wave with several batches.
const PAGES_PER_HUNDRED: usize = 3;

/// Half the documented lifetime of a scoped token, in seconds. A request is assumed to take one second,
/// which is rarely exceeded.
const TOKEN_HALF_LIFE: usize = 600;

/// The new customers of a wave, as numbers that decide how they are divided.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Demand {
    /// New customers.
    customers: usize,
    /// Requests that a listing for all of them replaces.
    look_ups: usize,
    /// Customers whose tokens are used within half their life.
    most: usize,
    /// The workspaces before the run.
    known: usize,
    /// How many customers are executed at the same time.
    parallelism: usize,
}

/// The indexes of the new customers, in batches. Without batches, each new workspace is looked up for
/// itself: if no listing can prove that it is new, or if its pages would cost more than they save.
pub(super) fn batches(plans: &[CustomerPlan], context: &Context<'_>) -> Vec<Vec<usize>> {
    let reader = context.writer.reader();
    let Some(known) = reader.known_workspaces() else {
        return Vec::new();
    };
    let new: Vec<usize> = (0..plans.len())
        .filter(|index| plans[*index].creation().is_some())
        .collect();
    let demand = Demand {
        customers: new.len(),
        look_ups: new
            .iter()
            .map(|index| look_ups(&plans[*index], context))
            .sum(),
        most: most_in_time(plans, context),
        known,
        parallelism: context.options.parallelism.max(1),
    };
    let count = demand.batches(|workspaces| reader.pages_of(workspaces));
    if count == 0 {
        return Vec::new();
    }
    let mut rest = new.as_slice();
    let sizes = demand.sizes(count).into_iter();
    sizes
        .map_while(|size| rest.split_off(..size.min(rest.len())))
        .filter(|batch| !batch.is_empty())
        .map(<[usize]>::to_vec)
        .collect()
}

/// The requests that a listing replaces for one customer: the GET of its workspace, the list before
/// its first connector, and the look-up of its token.
fn look_ups(plan: &CustomerPlan, context: &Context<'_>) -> usize {
    let (creates, scoped) = (plan.creates_connectors(), is_scoped(context));
    1 + usize::from(creates) + usize::from(!(creates && scoped))
}

fn is_scoped(context: &Context<'_>) -> bool {
    context.writer.connector_token() == ConnectorToken::Scoped
}

/// The number of customers in a batch whose tokens are used within half their life. Between the request
/// for a token and its last use are the steps of its batch and of the batches before whose tokens are not
/// used yet.
fn most_in_time(plans: &[CustomerPlan], context: &Context<'_>) -> usize {
    if !is_scoped(context) {
        return usize::MAX;
    }
    let steps = plans.iter().map(|plan| plan.steps.len()).max();
    let requests = AHEAD * (steps.unwrap_or_default() + 3);
    let at_a_time = context.options.parallelism;
    let per_second = context
        .writer
        .max_rps()
        .map_or(at_a_time, |rps| at_a_time.min(whole(rps)));
    (TOKEN_HALF_LIFE * per_second / requests).max(1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of requests is positive, and the conversion saturates"
)]
fn whole(requests: f64) -> usize {
    requests as usize
}

impl Demand {
    /// The sizes of batches. The first one is small, so that its listing ends early and steps are ready once all tokens
    /// are requested, unless the tokens of the others would expire.
    fn sizes(self, batches: usize) -> Vec<usize> {
        let even = self.customers.div_ceil(batches);
        let first = even.min(self.parallelism);
        let others = (self.customers - first).div_ceil(batches.saturating_sub(1).max(1));
        if batches == 1 || others > self.most {
            return vec![even; batches];
        }
        let mut sizes = vec![others; batches];
        sizes[0] = first;
        sizes
    }

    /// The number of batches; zero if a look-up of each customer needs fewer requests.
    fn batches(self, pages_of: impl Fn(usize) -> usize) -> usize {
        let pages = |batches: usize| -> usize {
            let mut workspaces = self.known;
            let listings = self.sizes(batches).into_iter().map(|size| {
                workspaces += size;
                pages_of(workspaces)
            });
            listings.sum()
        };
        let allowed = PAGES_PER_HUNDRED * self.customers.div_ceil(100);
        let least = self.customers.div_ceil(self.most).max(1);
        let wanted = (self.customers / self.parallelism).clamp(1, BATCHES);
        let count = (least..=wanted)
            .rev()
            .find(|count| pages(*count) <= allowed)
            .unwrap_or(least);
        if pages(count) < self.look_ups {
            count
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Demand;

    fn batches(customers: usize, known: usize, parallelism: usize) -> usize {
        let demand = Demand {
            customers,
            look_ups: 2 * customers,
            most: usize::MAX,
            known,
            parallelism,
        };
        demand.batches(|workspaces| workspaces.div_ceil(100))
    }

    #[test]
    fn batches_of_many_customers_are_three() {
        assert_eq!(batches(1_000, 1, 50), 3);
        assert_eq!(batches(1_000, 1, 10), 3);
        assert_eq!(batches(100_000, 1, 50), 3);
    }

    #[test]
    fn batches_of_few_customers_are_one() {
        assert_eq!(batches(1, 1, 10), 1);
        assert_eq!(batches(15, 1, 10), 1);
        assert_eq!(batches(25, 1, 10), 2);
    }

    #[test]
    fn batches_with_more_pages_than_look_ups_are_none() {
        assert_eq!(batches(0, 1, 10), 0);
        assert_eq!(batches(1, 150, 10), 0);
        assert_eq!(batches(10, 5_000, 10), 0);
    }

    #[test]
    fn batches_in_a_large_organization_are_one() {
        assert_eq!(batches(100, 5_000, 10), 1);
        assert_eq!(batches(1_000, 100_000, 10), 1);
    }

    #[test]
    fn batches_of_tokens_that_would_expire_are_more() {
        let demand = Demand {
            customers: 1_000,
            look_ups: 2_000,
            most: 100,
            known: 1,
            parallelism: 2,
        };
        assert_eq!(demand.batches(|workspaces| workspaces.div_ceil(100)), 10);
    }
}
