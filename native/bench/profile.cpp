#include "profile.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "device.h"

namespace ltw::bench {
namespace {

constexpr int kRuns = 9;

struct Sum {
  int count = 0;
  double seconds = 0, floor = 0;

  void add(double took, double least) {
    ++count;
    seconds += took;
    floor += least;
  }
};

struct Op : Sum {
  Work work;
};

template <typename Key, typename Value>
std::vector<std::pair<Key, Value>> longest_first(const std::map<Key, Value>& sums) {
  std::vector<std::pair<Key, Value>> sorted(sums.begin(), sums.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  return sorted;
}

std::string milliseconds(double seconds) { return fixed(seconds * 1e3, seconds < 1e-3 ? 3 : 2); }

// "64x64", or the number of rows where that is no square: of tokens, say.
std::string resolution(int64_t positions) {
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(positions))));
  return side * side == positions && side > 1 ? text(side, "x", side) : text(positions);
}

// The median over several runs of each op's time, in the order of the ops.
std::vector<double> op_seconds(Recording& recording, Marks& marks, size_t ops) {
  std::vector<std::vector<double>> runs(ops);
  recording.seconds();
  for (int i = 0; i < kRuns; ++i) {
    recording.seconds();
    const std::vector<double> intervals = marks.intervals();
    for (size_t op = 0; op < ops; ++op) runs[op].push_back(intervals[op]);
  }
  std::vector<double> medians;
  for (std::vector<double>& times : runs) {
    std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
    medians.push_back(times[kRuns / 2]);
  }
  return medians;
}

}  // namespace

void profile(Networks& networks, const std::string& name, const Report& report) {
  Backend& backend = networks.model().backend;
  const Forward forward = networks.forward(name);
  const std::unique_ptr<Marks> marks = make_marks(backend);
  std::vector<Work> works;
  Recording marked(backend, forward, 1, [&](Program& program, const Work& work) {
    works.push_back(work);
    program.add(marks->next());
  });
  marked.program().add(marks->next());
  marked.program().add(marks->next());  // two with nothing between them: what a mark costs
  std::vector<double> took(works.size() + 1, 0);
  if (report.wants_times()) took = op_seconds(marked, *marks, took.size());
  const double mark = took.back();

  std::map<std::pair<std::string, std::string>, Op> ops;
  std::map<std::pair<std::string, int64_t>, Sum> groups;
  std::map<std::string, Sum> kinds;
  Sum all;
  for (size_t i = 0; i < works.size(); ++i) {
    const Work& work = works[i];
    const double least = report.wants_times() ? report.floor().seconds(work) : 0;
    Op& op = ops[{work.op, work.shape}];
    op.work = work;
    for (Sum* sum : {static_cast<Sum*>(&op), &groups[{work.op, work.positions}], &kinds[work.op], &all}) {
      sum->add(took[i], least);
    }
  }

  report.heading("\tcount\tms\tshare");
  const auto share = [&](double seconds) { return fixed(100 * seconds / all.seconds, 1) + " %"; };
  for (const auto& [key, op] : longest_first(ops)) {
    const std::string more =
        report.wants_times() ? text("\t", op.count, "\t", milliseconds(op.seconds), "\t", share(op.seconds))
                             : "";
    report.row(op.work, op.seconds / op.count, more);
  }
  if (!report.wants_times()) return;

  const auto line = [&](const std::string& what, const Sum& sum) {
    std::printf("%s\t%d\t%s\t%s\t%s\t%s\n", what.c_str(), sum.count, milliseconds(sum.seconds).c_str(),
                share(sum.seconds).c_str(), milliseconds(sum.floor).c_str(),
                milliseconds(sum.seconds - sum.floor).c_str());
  };
  std::printf("\nop\tat\tcount\tms\tshare\tfloor ms\tabove it ms\n");
  for (const auto& [key, sum] : longest_first(groups)) line(key.first + "\t" + resolution(key.second), sum);
  for (const auto& [op, sum] : longest_first(kinds)) line(op + "\tall", sum);
  line("sum\tall", all);
  std::printf("# %s: %s ms without marks; %s us between two marks with nothing between them\n\n",
              name.c_str(), milliseconds(Recording(backend, forward).median_seconds(0.2)).c_str(),
              fixed(mark * 1e6, 1).c_str());
}

}  // namespace ltw::bench
