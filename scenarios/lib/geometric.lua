--- The geometric distribution: how often one has to ask until the first answer, if each request is answered with the
--- same probability. What a trial of many runs tells about that probability, and how well its runs fit.
local geometric = {}

local LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)

-- log Γ(x) for x > 0: Stirling's series (DLMF 5.11.1), which has 13 digits from 10 on, and Γ(x + 1) = x Γ(x) below.
local function log_gamma(x)
  local below = 0
  while x < 10 do
    below = below + math.log(x)
    x = x + 1
  end
  local y = 1 / (x * x)
  local series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x
  return (x - 0.5) * math.log(x) - x + LOG_SQRT_2PI + series - below
end

-- The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. It converges quickly for
-- x < (a + 1) / (a + b + 2).
local function beta_fraction(x, a, b)
  local c, d = 1, 1 / (1 - (a + b) * x / (a + 1))
  local value = d
  local m = 0
  repeat
    m = m + 1
    local even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    local odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    value = value * c * d
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    value = value * c * d
  until math.abs(c * d - 1) < 1e-15
  return value
end

-- I_x(a, b) where the continued fraction is quick.
local function beta_below_mean(x, a, b)
  local log_beta = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
  return math.exp(a * math.log(x) + b * math.log(1 - x) - log_beta) / a * beta_fraction(x, a, b)
end

-- The regularized incomplete beta function I_x(a, b) (DLMF 8.17.2) for 0 < x < 1, a and b > 0.
local function incomplete_beta(x, a, b)
  if x > (a + 1) / (a + b + 2) then
    return 1 - beta_below_mean(1 - x, b, a)
  end
  return beta_below_mean(x, a, b)
end

-- Where I_x(a, b) = q. It rises with x, so halving 50 times is enough for 15 digits.
local function beta_quantile(q, a, b)
  local low, high = 0, 1
  for _ = 1, 50 do
    local middle = (low + high) / 2
    if incomplete_beta(middle, a, b) < q then
      low = middle
    else
      high = middle
    end
  end
  return (low + high) / 2
end

local function check_trial(runs, requests)
  if not (runs >= 1 and requests >= runs) then
    error(("a trial has at least one run and a request a run, not %s runs and %s requests"):format(runs, requests), 3)
  end
end

--- The probability of loss that `requests` requests for `runs` answers imply: 1 - 1/mean, the most likely one.
---@param runs integer
---@param requests integer all requests of all runs
---@return number
function geometric.loss(runs, requests)
  check_trial(runs, requests)
  return 1 - runs / requests
end

--- The exact confidence interval of the loss: all values that a test with (1 - confidence)/2 on either side does not
--- refuse.
---
--- The number of answers was chosen (a run ends with its answer), and the number of requests N is what chance decides.
--- So the probability p of an answer lies between the solutions of P(N ≤ requests | p) = P(N ≥ requests | p) =
--- (1 - confidence)/2, with N negative binomial, both of which are incomplete beta functions. This is the construction
--- of Clopper and Pearson, whose own interval is for a chosen number of requests and begins a little lower. It covers
--- the true value in at least `confidence` of all trials, however few the runs and however small the loss, which the
--- normal approximation does not.
---@param runs integer
---@param requests integer
---@param confidence number 0.95
---@return number low
---@return number high
function geometric.loss_interval(runs, requests, confidence)
  check_trial(runs, requests)
  local tail = (1 - confidence) / 2
  local lost = requests - runs
  local least = beta_quantile(tail, runs, lost + 1)
  local most = lost == 0 and 1 or beta_quantile(1 - tail, runs, lost)
  return 1 - most, 1 - least
end

---@class GeometricRow
---@field requests integer
---@field or_more boolean   this row stands for `requests` and everything above
---@field observed integer  runs that took so many requests
---@field expected number   of so many runs with the implied loss

--- How many runs took how many requests, beside what is expected. The last row is that of all that is longer.
---@param runs_by_requests table<integer, integer>  how many runs took 1, 2, … requests; a gap is none
---@param most_rows integer
---@return GeometricRow[]
function geometric.histogram(runs_by_requests, most_rows)
  local runs, requests, longest = 0, 0, 0
  for length, count in pairs(runs_by_requests) do
    runs, requests, longest = runs + count, requests + length * count, math.max(longest, length)
  end
  local loss = geometric.loss(runs, requests)
  local rows, left = {}, runs
  for length = 1, math.min(longest, most_rows - 1) do
    local observed = runs_by_requests[length] or 0
    rows[length] = {
      requests = length, or_more = false, observed = observed, expected = runs * loss ^ (length - 1) * (1 - loss),
    }
    left = left - observed
  end
  rows[#rows + 1] = { requests = #rows + 1, or_more = true, observed = left, expected = runs * loss ^ #rows }
  return rows
end

return geometric
